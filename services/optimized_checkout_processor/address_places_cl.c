/* Chile: the districts are the 346 comunas; each has its region. */
#include "address_places.h"

static const struct place_state states[] = {
    {"Arica y Parinacota|Región de Arica y Parinacota|XV Región", NULL, NULL, NULL,
        "Arica|Camarones|Putre|General Lagos"},
    {"Tarapacá|Región de Tarapacá|I Región", NULL, NULL, NULL,
        "Iquique|Alto Hospicio|Pozo Almonte|Camiña|Colchane|Huara|Pica"},
    {"Antofagasta|Región de Antofagasta|II Región", NULL, NULL, NULL,
        "Antofagasta|Mejillones|Sierra Gorda|Taltal|Calama|Ollagüe|San Pedro de "
        "Atacama|Tocopilla|María Elena"},
    {"Atacama|Región de Atacama|III Región", NULL, NULL, NULL,
        "Copiapó|Caldera|Tierra Amarilla|Chañaral|Diego de Almagro|Vallenar|Alto del "
        "Carmen|Freirina|Huasco"},
    {"Coquimbo|Región de Coquimbo|IV Región", NULL, NULL, NULL,
        "La Serena|Coquimbo|Andacollo|La Higuera|Paihuano|Vicuña|Illapel|Canela|Los "
        "Vilos|Salamanca|Ovalle|Combarbalá|Monte Patria|Punitaqui|Río Hurtado"},
    {"Valparaíso|Región de Valparaíso|V Región|Quinta Región", NULL, NULL, NULL,
        "Valparaíso=Valpo|Casablanca|Concón|Juan Fernández|Puchuncaví|Quintero|Viña del "
        "Mar=Viña|Isla de Pascua=Rapa Nui|Los Andes|Calle Larga|Rinconada|San Esteban|La "
        "Ligua|Cabildo|Papudo|Petorca|Zapallar|Quillota|La Calera=Calera|Hijuelas|La "
        "Cruz|Nogales|San Antonio|Algarrobo|Cartagena|El Quisco|El Tabo|Santo "
        "Domingo|San Felipe|Catemu|Llaillay|Panquehue|Putaendo|Santa "
        "María|Quilpué|Limache|Olmué|Villa Alemana"},
    {"Metropolitana de Santiago|Región Metropolitana|Metropolitana|RM|R.M.|Región "
     "Metropolitana de Santiago|Región de Santiago|XIII Región",
        NULL, "Santiago=Stgo=Santiago de Chile", NULL,
        "Santiago=Santiago Centro=Stgo Centro=Stgo|Cerrillos|Cerro Navia|Conchalí|El "
        "Bosque|Estación Central|Huechuraba|Independencia|La Cisterna|La Florida|La "
        "Granja|La Pintana|La Reina|Las Condes|Lo Barnechea|Lo Espejo|Lo "
        "Prado|Macul|Maipú|Ñuñoa|Pedro Aguirre "
        "Cerda=PAC|Peñalolén|Providencia|Pudahuel|Quilicura|Quinta "
        "Normal|Recoleta|Renca|San Joaquín|San Miguel|San Ramón|Vitacura|Puente "
        "Alto|Pirque|San José de Maipo|Colina|Lampa|Tiltil|San Bernardo|Buin|Calera de "
        "Tango|Paine|Melipilla|Alhué|Curacaví|María Pinto|San Pedro|Talagante|El "
        "Monte|Isla de Maipo|Padre Hurtado|Peñaflor"},
    {"Libertador General Bernardo O'Higgins|O'Higgins|OHiggins|Región de "
     "O'Higgins|Región del Libertador General Bernardo O'Higgins|VI Región",
        NULL, NULL, NULL,
        "Rancagua|Codegua|Coinco|Coltauco|Doñihue|Graneros|Las "
        "Cabras|Machalí|Malloa|Mostazal|Olivar|Peumo|Pichidegua|Quinta de "
        "Tilcoco|Rengo|Requínoa|San Vicente=San Vicente de Tagua Tagua|Pichilemu|La "
        "Estrella|Litueche|Marchihue|Navidad|Paredones|San "
        "Fernando|Chépica|Chimbarongo|Lolol|Nancagua|Palmilla|Peralillo|Placilla|"
        "Pumanque|Santa Cruz"},
    {"Maule|Región del Maule|VII Región", NULL, NULL, NULL,
        "Talca|Constitución|Curepto|Empedrado|Pelarco|Pencahue|Río Claro|San "
        "Clemente|San "
        "Rafael|Cauquenes|Chanco|Pelluhue|Curicó|Hualañé|Licantén|Molina|Rauco|Romeral|"
        "Sagrada Familia|Teno|Vichuquén|Linares|Colbún|Longaví|Parral|Retiro|San "
        "Javier|Villa Alegre|Yerbas Buenas"},
    {"Ñuble|Región de Ñuble|XVI Región", NULL, NULL, NULL,
        "Chillán|Chillán Viejo|Bulnes|Cobquecura|Coelemu|Coihueco|El "
        "Carmen|Ninhue|Ñiquén|Pemuco|Pinto|Portezuelo|Quillón|Quirihue|Ránquil|San "
        "Carlos|San Fabián|San Ignacio|San Nicolás|Treguaco|Yungay"},
    {"Biobío|Bío Bío|Región del Biobío|Región del Bío Bío|VIII Región", NULL, NULL, NULL,
        "Concepción=Conce|Coronel|Chiguayante|Florida|Hualqui|Lota|Penco|San Pedro de la "
        "Paz|Santa "
        "Juana|Talcahuano|Tomé|Hualpén|Lebu|Arauco|Cañete|Contulmo|Curanilahue|Los "
        "Álamos|Tirúa|Los "
        "Ángeles|Antuco|Cabrero|Laja|Mulchén|Nacimiento|Negrete|Quilaco|Quilleco|San "
        "Rosendo|Santa Bárbara|Tucapel|Yumbel|Alto Biobío"},
    {"La Araucanía|Araucanía|Región de La Araucanía|IX Región", NULL, NULL, NULL,
        "Temuco|Carahue|Cunco|Curarrehue|Freire|Galvarino|Gorbea|Lautaro|Loncoche|"
        "Melipeuco|Nueva Imperial|Padre Las "
        "Casas|Perquenco|Pitrufquén|Pucón|Saavedra|Teodoro "
        "Schmidt|Toltén|Vilcún|Villarrica|Cholchol|Angol|Collipulli|Curacautín|Ercilla|"
        "Lonquimay|Los Sauces|Lumaco|Purén|Renaico|Traiguén|Victoria"},
    {"Los Ríos|Región de Los Ríos|XIV Región", NULL, NULL, NULL,
        "Valdivia|Corral|Lanco|Los Lagos|Máfil|Mariquina|Paillaco|Panguipulli|La "
        "Unión|Futrono|Lago Ranco|Río Bueno"},
    {"Los Lagos|Región de Los Lagos|X Región", NULL, NULL, NULL,
        "Puerto Montt|Calbuco|Cochamó|Fresia|Frutillar|Los "
        "Muermos|Llanquihue|Maullín|Puerto Varas|Castro|Ancud|Chonchi|Curaco de "
        "Vélez|Dalcahue|Puqueldón|Queilén|Quellón|Quemchi|Quinchao|Osorno|Puerto "
        "Octay|Purranque|Puyehue|Río Negro|San Juan de la Costa|San "
        "Pablo|Chaitén|Futaleufú|Hualaihué|Palena"},
    {"Aysén|Aisén|Región de Aysén|XI Región|Aysén del General Carlos Ibáñez del Campo",
        NULL, NULL, NULL,
        "Coyhaique=Coihaique|Lago Verde|Aysén=Puerto "
        "Aysén|Cisnes|Guaitecas|Cochrane|Tortel|Chile Chico|Río Ibáñez"},
    {"Magallanes|Región de Magallanes|Magallanes y de la Antártica Chilena|XII Región",
        NULL, NULL, NULL,
        "Punta Arenas|Laguna Blanca|Río Verde|San Gregorio|Cabo de "
        "Hornos|Antártica|Porvenir|Primavera|Timaukel|Natales=Puerto Natales|Torres del "
        "Paine"},
};

const struct place_country place_chile = {
    .code = "CL",
    .names = "Chile|CL|República de Chile",
    .states = states,
    .state_count = sizeof states / sizeof states[0],
    .needs = NEEDS_STREET | NEEDS_NUMBER | NEEDS_DISTRICT | NEEDS_STATE,
    .needs_with_location = NEEDS_DISTRICT | NEEDS_STATE,
    .postal_digits = 7,
    .district_first = true,
};
